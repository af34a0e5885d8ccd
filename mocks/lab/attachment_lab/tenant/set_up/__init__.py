"""The set-up that the documentation asks for, step by step: its state, what does a step, what spoils one."""
