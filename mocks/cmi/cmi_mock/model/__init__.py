"""State of one Contact Pro tenant as far as its chats go; knows clocks and ids, never HTTP."""
