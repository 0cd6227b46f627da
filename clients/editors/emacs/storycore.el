;;; storycore.el --- StoryCore for Emacs, with eglot  -*- lexical-binding: t; -*-

;; Needs eglot, which is in Emacs 29 and later, and a package before.  Put this file on the
;; `load-path' and write (require 'storycore) into the init file.  Scripts are opened in
;; `fountain-mode' if that is installed, and in `storycore-fountain-mode' if not.

;;; Code:

(require 'eglot)

(defgroup storycore nil
  "The language server for film-making."
  :group 'tools)

(defcustom storycore-command '("storycore" "lsp")
  "What is started for scripts."
  :type '(repeat string))

(define-derived-mode storycore-fountain-mode text-mode "Fountain"
  "Mode for screenplays in Fountain, colored and checked by the language server.")

(add-to-list 'auto-mode-alist
             (cons "\\.\\(fountain\\|spmd\\)\\'"
                   (if (fboundp 'fountain-mode) 'fountain-mode 'storycore-fountain-mode)))

(dolist (mode '(fountain-mode storycore-fountain-mode))
  (add-to-list 'eglot-server-programs
               (cons mode (lambda (&rest _) storycore-command))))

(add-hook 'fountain-mode-hook #'eglot-ensure)
(add-hook 'storycore-fountain-mode-hook #'eglot-ensure)

(defun storycore-open-board ()
  "Open the storyboard in the browser."
  (interactive)
  (eglot-execute-command (eglot--current-server-or-lose) "storycore.openBoard" []))

(provide 'storycore)
;;; storycore.el ends here
