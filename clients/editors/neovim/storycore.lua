-- StoryCore in Neovim 0.7 and later. Copy this file to ~/.config/nvim/lua/storycore.lua and write
-- require("storycore").setup() into init.lua. Everything else is Neovim's own: vim.lsp.buf.hover(),
-- vim.lsp.buf.rename(), vim.lsp.buf.code_action(), vim.lsp.codelens.run() ...

local M = {}

M.options = {
  -- What is started. The whole path, if `storycore` is not on the PATH.
  cmd = { "storycore", "lsp" },
  -- Called with the buffer's number once the server is there: the place for key mappings.
  on_attach = nil,
}

-- Neovim 0.7 has no vim.lsp.start; one client serves all scripts there, too.
local client_id

local function start(buffer)
  local config = {
    name = "storycore",
    cmd = M.options.cmd,
    cmd_env = M.options.cmd_env,
    root_dir = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":p:h"),
    on_attach = function(_, attached)
      if M.options.on_attach then
        M.options.on_attach(attached)
      end
    end,
    on_exit = function()
      client_id = nil
    end,
  }
  if vim.lsp.start then
    vim.lsp.start(config, {
      bufnr = buffer,
      reuse_client = function(client)
        return client.name == "storycore"
      end,
    })
    return
  end
  client_id = client_id or vim.lsp.start_client(config)
  if client_id then
    vim.lsp.buf_attach_client(buffer, client_id)
  end
end

-- Calls a method of StoryCore, such as call("shot/list", { project = id }, function(shots) end).
function M.call(method, params, done)
  vim.lsp.buf_request(0, method, params, function(err, result)
    if err then
      vim.notify(err.message, vim.log.levels.ERROR)
    elseif done then
      done(result)
    end
  end)
end

function M.setup(options)
  M.options = vim.tbl_extend("force", M.options, options or {})
  local group = vim.api.nvim_create_augroup("storycore", {})
  vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
    group = group,
    pattern = { "*.fountain", "*.spmd" },
    callback = function(event)
      vim.bo[event.buf].filetype = "fountain"
    end,
  })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = "fountain",
    callback = function(event)
      start(event.buf)
    end,
  })
  vim.api.nvim_create_user_command("StoryCoreBoard", function()
    local command = { command = "storycore.openBoard", arguments = {} }
    vim.lsp.buf_request(0, "workspace/executeCommand", command, function(err)
      if err then
        vim.notify(err.message, vim.log.levels.ERROR)
      end
    end)
  end, { desc = "Open the storyboard in the browser" })
end

return M
