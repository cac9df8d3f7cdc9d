"""Emacs with Eglot, set up as docs/editors.md says, for real: what a person sees who types in it.

Debian's is 28, for which Eglot is a package. A batch has no loop that reads commands: what would run by itself there is called.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import system

from .person import edits, snippet

#: What a person does, after the set-up: look, mend by a fix, rename, lay out, save.
_PLAY = r"""
(require 'json)
(setq told '())
(defun wait-for (what done)
  (let ((ends (+ (float-time) 60)))
    (while (not (funcall done))
      (when (> (float-time) ends) (error "nothing came: %s" what))
      (accept-process-output nil 0.05))))
(defun mistakes ()
  (seq-filter (lambda (each) (eq (flymake-diagnostic-type each) 'eglot-error)) (flymake-diagnostics)))
(defun play ()
  (find-file "main.mlp")
  (run-hooks 'post-command-hook)
  (wait-for "the server" #'eglot-managed-p)
  (flymake-start)
  (wait-for "the mistake" #'mistakes)
  (dolist (each (mistakes))
    (push (vector (line-number-at-pos (flymake-diagnostic-beg each))
                (buffer-substring-no-properties (flymake-diagnostic-beg each) (flymake-diagnostic-end each))
                (flymake-diagnostic-text each)) told))
  ;; As from the menu of what can be done here.
  (goto-char (flymake-diagnostic-beg (car (mistakes))))
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt choices &rest _) (car (seq-find (lambda (each) (equal (car each) "Write `trees`")) choices)))))
    (let ((last-nonmenu-event ?a)) (call-interactively #'eglot-code-actions)))
  (wait-for "that it is mended" (lambda () (eglot--signal-textDocument/didChange) (null (mistakes))))
  (goto-char (point-min)) (search-forward "schema Row") (backward-char 1)
  (eglot-rename "Customer")
  (eglot-format-buffer)
  (save-buffer)
  (goto-char (point-min)) (search-forward "train forest") (backward-char 1)
  (let ((hover (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams))))
    (push (plist-get (plist-get hover :contents) :value) told))
  (goto-char (point-min)) (search-forward "schema = Cust")
  (push (mapcar #'xref-item-summary (xref-backend-definitions 'eglot "LSP identifier at point.")) told))
(let ((problem (condition-case problem (progn (play) "") (error (format "%S" problem)))))
  (with-temp-file "told.json" (insert (json-encode (list (cons 'problem problem) (cons 'told (vconcat (nreverse told))))))))
"""


@pytest.fixture(scope="module")
def emacs() -> str:
    """The editor, which Debian has."""
    system.install("emacs-nox")
    system.install("elpa-eglot")
    found = shutil.which("emacs")
    assert found is not None
    return found


@pytest.mark.full
def test_a_person_in_emacs_is_told_of_a_mistake_and_mends_it(emacs: str, tmp_path: Path) -> None:
    init = tmp_path / "init.el"
    init.write_text(f"(package-activate-all)\n{snippet('Emacs', 'elisp')}{_PLAY}", encoding="utf-8")
    mistake, hover, declared = edits(tmp_path, emacs, "--batch", "-l", str(init))
    assert mistake == [
        7,
        "tres",
        "mlpc [MLP103]: `sklearn.random_forest` has no `tres` (did you mean `trees`?)",
    ]
    assert hover.startswith("```mlp\ntrain forest: sklearn.random_forest")
    assert declared == ["schema Customer {"]
