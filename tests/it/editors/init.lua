-- A person's settings: the file we ship, and where the binary is.
package.path = vim.env.STORYCORE_EDITORS .. "/neovim/?.lua;" .. package.path
require("storycore").setup({ cmd = { vim.env.STORYCORE_BINARY, "lsp" } })
