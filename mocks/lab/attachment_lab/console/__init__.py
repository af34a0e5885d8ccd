"""The console: one page that shows a chat's attachments travel from Contact Pro to C4C."""
