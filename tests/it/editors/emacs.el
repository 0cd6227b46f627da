;;; emacs.el --- What a person does in Emacs: look, rename, save  -*- lexical-binding: t; -*-

;;; Code:

(add-to-list 'load-path (concat (getenv "STORYCORE_EDITORS") "/emacs"))
(require 'storycore)
(require 'json)
(setq storycore-command (list (getenv "STORYCORE_BINARY") "lsp"))

;; It asks before it changes a file that is not open; the person says yes.
(fset 'y-or-n-p (lambda (&rest _) t))

(defun wait-for (what ready)
  "Wait until READY says so, or fail with WHAT."
  (let ((end (+ (float-time) 30)))
    (while (not (funcall ready))
      (when (> (float-time) end)
        (error "%s did not come" what))
      (accept-process-output nil 0.05))))

(let (problems hover)
  (find-file (getenv "STORYCORE_SCRIPT"))
  (call-interactively #'eglot)
  (wait-for "the server" #'eglot-current-server)
  (flymake-start)
  (wait-for "what is wrong" #'flymake-diagnostics)
  (setq problems (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))
  (goto-char (point-min))
  (forward-line 4)
  (setq hover (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover
                               (eglot--TextDocumentPositionParams)))
  (eglot-rename "Anna")
  (save-some-buffers t)
  (with-temp-file (getenv "STORYCORE_SEEN")
    (insert (json-encode
             `((problems . ,(vconcat problems))
               (hover . ,(plist-get (plist-get hover :contents) :value))))))
  (call-interactively #'eglot-shutdown)
  (kill-emacs 0))
;;; emacs.el ends here
