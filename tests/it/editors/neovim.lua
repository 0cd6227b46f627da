-- What a person does in Neovim: look, rename, save. What was seen goes to a file, as JSON.

local seen = {}

local function wait(what, ready)
  assert(vim.wait(30000, ready, 20), what .. " did not come")
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

local function ask(method, params)
  params = params or vim.lsp.util.make_position_params()
  local answers = vim.lsp.buf_request_sync(0, method, params, 30000)
  for _, answer in pairs(answers or {}) do
    assert(not answer.err, vim.inspect(answer.err))
    return answer.result
  end
end

local function work()
  wait("the server", function()
    local _, client = next(vim.lsp.buf_get_clients(0))
    return client and client.initialized
  end)
  wait("what is wrong", function()
    return #vim.diagnostic.get(0) > 0
  end)
  seen.problems = vim.tbl_map(function(it)
    return { line = it.lnum, code = it.code, message = it.message }
  end, vim.diagnostic.get(0))
  vim.api.nvim_win_set_cursor(0, { 5, 1 })
  seen.hover = ask("textDocument/hover").contents.value
  seen.scenes = vim.tbl_map(function(it)
    return it.name
  end, ask("textDocument/documentSymbol", { textDocument = vim.lsp.util.make_text_document_params() }))
  vim.lsp.buf.rename("Anna")
  wait("the new name", function()
    return text():find("ANNA", 1, true)
  end)
  vim.cmd("wall")
  -- A line is typed; what is wrong with it is told before it is saved.
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { "", "🌊 [[never closed" })
  wait("what is wrong with the new line", function()
    for _, it in ipairs(vim.diagnostic.get(0)) do
      if it.code == "unclosedNote" then
        seen.note = { line = it.lnum, column = it.col }
        return true
      end
    end
  end)
end

local done, problem = pcall(work)
seen.problem = not done and problem or nil
local file = assert(io.open(vim.env.STORYCORE_SEEN, "w"))
file:write(vim.json.encode(seen))
file:close()
vim.cmd(done and "qall!" or "cquit!")
