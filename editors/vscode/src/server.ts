// The language server: one process for all folders, as long as the window is open.

import * as vscode from "vscode";
import { LanguageClient, State, TransportKind } from "vscode-languageclient/node";
import { ask, missing, program } from "./program";

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  /** What is being done; the next thing waits for it. */
  private last: Promise<void> = Promise.resolve();

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  start(): Promise<void> {
    return this.after(() => this.begin());
  }

  restart(): Promise<void> {
    return this.after(async () => {
      await this.end();
      await this.begin();
    });
  }

  dispose(): void {
    void this.after(() => this.end());
  }

  private after(what: () => Promise<void>): Promise<void> {
    this.last = this.last.then(what, what);
    return this.last;
  }

  private async begin(): Promise<void> {
    if (this.client) {
      return;
    }
    const path = program();
    const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? process.cwd();
    try {
      // A program that is not there would be started again and again, each time with a message of its own.
      await ask(path, ["--version"], cwd);
    } catch {
      void missing(path);
      return;
    }
    const client = new LanguageClient(
      "mlpc",
      "mlpc",
      { command: path, args: ["lsp"], transport: TransportKind.stdio, options: { cwd } },
      {
        documentSelector: [
          { scheme: "file", language: "mlp" },
          { scheme: "untitled", language: "mlp" },
        ],
        synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.mlp,*.py,mlpc.toml,mlpc.lock}") },
      },
    );
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      const why = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(`The language server of mlpc did not start: ${why}`);
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) {
      await client.stop();
    }
    await client?.dispose();
  }
}
