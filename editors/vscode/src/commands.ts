// What the palette and the lenses of the server name. A lens gives the URI of a file and says more of what is meant.

import * as path from "node:path";
import * as vscode from "vscode";
import { ask, missing, program } from "./program";
import type { Server } from "./server";
import { GraphView } from "./graph";

/** What other extensions, and tests, may ask. */
export interface Opened {
  running: () => boolean;
}

/** What a lens says beside the file: an environment, a step to run as far as, the name of a test. */
interface About {
  env?: string;
  only?: string;
  test?: string;
}

const ENGINES = ["compose", "kubeflow", "airflow", "local"];

export function commands(server: Server): vscode.Disposable[] {
  const graphs = new GraphView();
  const command = (name: string, run: (file: vscode.Uri, about: About) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(name, async (given?: unknown, about?: About) => {
      const file = await specOf(given);
      if (file) {
        await run(file, about ?? {});
      }
    });
  return [
    graphs,
    command("mlpc.check", (file, { env }) => task(file, "check", [...option("--env", env)])),
    command("mlpc.run", (file, { env, only }) => task(file, "run", [...option("--env", env), ...option("--only", only)])),
    command("mlpc.test", (file, { test }) => task(file, "test", [...option("-k", test)])),
    command("mlpc.compile", compile),
    command("mlpc.showGraph", (file) => graphs.show(file)),
    vscode.commands.registerCommand("mlpc.restart", () => server.restart()),
  ];
}

/** Returns the file that is meant, saved; nothing, and says so, where there is none. */
async function specOf(given: unknown): Promise<vscode.Uri | undefined> {
  let file: vscode.Uri | undefined;
  if (typeof given === "string") {
    file = vscode.Uri.parse(given);
  } else if (given instanceof vscode.Uri) {
    file = given;
  } else {
    file = vscode.window.activeTextEditor?.document.uri;
  }
  if (!vscode.workspace.isTrusted || file?.scheme !== "file" || !file.fsPath.endsWith(".mlp")) {
    void vscode.window.showInformationMessage("Open a spec, a file that ends in `.mlp`, in a trusted folder first.");
    return undefined;
  }
  const name = file.toString();
  await vscode.workspace.textDocuments.find((each) => each.uri.toString() === name)?.save();
  return file;
}

function option(name: string, value: string | undefined): string[] {
  // As one word: a value that begins with a dash is no option.
  return value ? (name.startsWith("--") ? [`${name}=${value}`] : [`${name}${value}`]) : [];
}

/** Runs `mlpc NAME FILE` in a terminal, without a shell: nothing that a file is called is read by one. */
async function task(file: vscode.Uri, name: string, words: string[]): Promise<void> {
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const cwd = folder?.uri.fsPath ?? path.dirname(file.fsPath);
  const shown = path.relative(cwd, file.fsPath);
  const run = new vscode.ProcessExecution(program(folder), [name, ...words, "--", shown], { cwd });
  const made = new vscode.Task(
    { type: "process", task: `${name} ${shown}` },
    folder ?? vscode.TaskScope.Workspace,
    `${name} ${shown}`,
    "mlpc",
    run,
    [],
  );
  made.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  await vscode.tasks.executeTask(made);
}

async function compile(file: vscode.Uri, { env }: About): Promise<void> {
  const engine = await vscode.window.showQuickPick(ENGINES, { placeHolder: "What is to run it?" });
  if (!engine) {
    return;
  }
  const output = await vscode.window.showInputBox({
    prompt: "Into which folder? What an earlier compilation wrote there is replaced.",
    value: `build/${engine}`,
  });
  if (output) {
    await task(file, "compile", [`--to=${engine}`, `--output=${output}`, ...option("--env", env)]);
  }
}

/** Returns the picture of a spec as SVG, or nothing after telling why there is none. */
export async function picture(file: vscode.Uri): Promise<string | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const cwd = folder?.uri.fsPath ?? path.dirname(file.fsPath);
  const command = program(folder);
  try {
    const answer = await ask(command, ["graph", "--format=svg", "--", file.fsPath], cwd);
    if (answer.code === 0) {
      return answer.out;
    }
    void vscode.window.showErrorMessage(answer.err.split("\n")[0] || `\`mlpc graph\` ended with ${answer.code}.`);
  } catch {
    void missing(command);
  }
  return undefined;
}
