// The command `mlpc`: where it is, and what it answers.

import { execFile } from "node:child_process";
import * as vscode from "vscode";

/** Returns the program that the settings name, for a file of that folder. */
export function program(folder?: vscode.WorkspaceFolder): string {
  const given = vscode.workspace.getConfiguration("mlpc", folder).get("path", "mlpc").trim() || "mlpc";
  const root = folder ?? vscode.workspace.workspaceFolders?.[0];
  return root ? given.replaceAll("${workspaceFolder}", root.uri.fsPath) : given;
}

export interface Answer {
  code: number;
  out: string;
  err: string;
}

/** Runs the program, without a shell, and returns what it prints. Rejects where it cannot be started. */
export function ask(path: string, words: string[], cwd: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { cwd, encoding: "utf8" as const, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, NO_COLOR: "1" } };
    execFile(path, words, options, (error, out, err) => {
      if (error && typeof error.code !== "number") {
        reject(error);
      } else {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      }
    });
  });
}

/** Says that the program is not there, and how to get it. */
export async function missing(path: string): Promise<void> {
  const settings = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(
    `The command \`${path}\` cannot be started. Install it with \`pip install "mlpc[lsp]"\`, or say in the settings where it is.`,
    settings,
  );
  if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "mlpc.path");
  }
}
