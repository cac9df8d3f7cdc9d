// The extension: starts the language server, and carries out what its lenses and the palette name.

import * as vscode from "vscode";
import { type Opened, commands } from "./commands";
import { Server } from "./server";

export async function activate(context: vscode.ExtensionContext): Promise<Opened> {
  const server = new Server();
  context.subscriptions.push(server, ...commands(server));
  if (vscode.workspace.isTrusted) {
    await server.start();
  } else {
    context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(() => server.start()));
  }
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("mlpc.path") && vscode.workspace.isTrusted) {
        void server.restart();
      }
    }),
  );
  return { running: () => server.running };
}
