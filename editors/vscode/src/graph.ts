// The graph of a spec, beside it: drawn by `mlpc graph`, anew whenever the spec is saved.

import * as path from "node:path";
import * as vscode from "vscode";
import { picture } from "./commands";

export class GraphView implements vscode.Disposable {
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly saved = vscode.workspace.onDidSaveTextDocument((document) => {
    const panel = this.panels.get(document.uri.toString());
    if (panel) {
      void this.draw(document.uri, panel);
    }
  });

  async show(file: vscode.Uri): Promise<void> {
    const key = file.toString();
    const known = this.panels.get(key);
    if (known) {
      known.reveal();
      await this.draw(file, known);
      return;
    }
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("mlpc.graph", `Graph of ${path.basename(file.fsPath)}`, place, {
      enableScripts: false,
      localResourceRoots: [],
    });
    this.panels.set(key, panel);
    panel.onDidDispose(() => this.panels.delete(key));
    if (!(await this.draw(file, panel))) {
      panel.dispose();
    }
  }

  dispose(): void {
    this.saved.dispose();
    for (const panel of this.panels.values()) {
      panel.dispose();
    }
  }

  /** Draws the picture; what was drawn before stays where there is none. */
  private async draw(file: vscode.Uri, panel: vscode.WebviewPanel): Promise<boolean> {
    const svg = await picture(file);
    if (svg === undefined) {
      return false;
    }
    // As an image: whatever stands in it, nothing of it is run.
    const address = `data:image/svg+xml;base64,${Buffer.from(svg, "utf8").toString("base64")}`;
    panel.webview.html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>body { margin: 0; padding: 16px; background: #ffffff } img { max-width: 100% }</style></head>
<body><img src="${address}" alt="What depends on what in this pipeline"></body></html>`;
    return true;
  }
}
