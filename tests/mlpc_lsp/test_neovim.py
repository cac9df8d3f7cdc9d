"""Neovim, set up as docs/editors.md says, for real: what a person sees who types in it.

Debian's knows diagnostics that are sent on the server's own accord, and none that are asked for.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import system

from .person import WRONG, edits, snippet

#: What a person does, after the set-up: look, mend by a fix, rename, lay out, save.
_PLAY = r"""
local told = {}
local function wait(what, done)
  if not vim.wait(60000, done, 50) then
    error("nothing came: " .. what)
  end
end
local function ask(method, params)
  local answers = assert(vim.lsp.buf_request_sync(0, method, params, 60000))
  for id, answer in pairs(answers) do
    assert(not answer.err, vim.inspect(answer.err))
    return answer.result, vim.lsp.get_client_by_id(id).offset_encoding
  end
  error("nobody answered " .. method)
end
local function mistakes()
  return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
end
local function play()
  vim.cmd("edit main.mlp")
  wait("the mistake", function() return #mistakes() > 0 end)
  for _, item in ipairs(mistakes()) do
    table.insert(told, { item.lnum, item.col, item.message, item.code or item.user_data.lsp.code })
  end
  local here = vim.lsp.util.make_range_params()
  here.range = { start = { line = 6, character = 0 }, ["end"] = { line = 7, character = 0 } }
  here.context = { diagnostics = {} }
  for _, action in ipairs((ask("textDocument/codeAction", here))) do
    if action.title == "Write `trees`" then
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
      break
    end
  end
  wait("that it is mended", function() return #mistakes() == 0 end)
  vim.api.nvim_win_set_cursor(0, { 10, 7 })
  local params = vim.lsp.util.make_position_params()
  params.newName = "Customer"
  local edit, encoding = ask("textDocument/rename", params)
  vim.lsp.util.apply_workspace_edit(edit, encoding)
  vim.cmd("write")
  vim.api.nvim_win_set_cursor(0, { 7, 12 })
  local hover = ask("textDocument/hover", vim.lsp.util.make_position_params())
  table.insert(told, hover.contents.value)
  local whole = { textDocument = { uri = vim.uri_from_bufnr(0) }, options = { tabSize = 2, insertSpaces = true } }
  local edits
  edits, encoding = ask("textDocument/formatting", whole)
  vim.lsp.util.apply_text_edits(edits, 0, encoding)
  vim.cmd("write")
  table.insert(told, #vim.lsp.get_active_clients())
end
vim.defer_fn(function()
  local fine, problem = pcall(play)
  local file = assert(io.open("told.json", "w"))
  file:write(vim.fn.json_encode({ problem = fine and "" or tostring(problem), told = told }))
  file:close()
  vim.cmd("qall!")
end, 0)
"""


@pytest.fixture(scope="module")
def neovim() -> str:
    """The editor, which Debian has."""
    if shutil.which("nvim") is None:
        system.install("neovim")
    found = shutil.which("nvim")
    assert found is not None
    return found


def test_a_person_in_neovim_is_told_of_a_mistake_and_mends_it(neovim: str, tmp_path: Path) -> None:
    init = tmp_path / "init.lua"
    init.write_text(snippet("Neovim", "lua") + _PLAY, encoding="utf-8")
    mistake, hover, servers = edits(tmp_path, neovim, "--headless", "-n", "-u", str(init))
    line = WRONG.splitlines()[6]
    assert mistake[:2] == [6, len(line[: line.index("tres")].encode())]
    assert mistake[2].startswith("`sklearn.random_forest` has no `tres`")
    assert hover.startswith("```mlp\ntrain forest: sklearn.random_forest")
    assert servers == 1
