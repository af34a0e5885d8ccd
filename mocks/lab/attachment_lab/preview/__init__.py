"""Shows a customer's file without trusting it: what it is by its bytes, and pictures made anew of it.

``kinds`` judges by the first bytes, ``texts`` guesses a charset, ``drawing`` has pictures and PDF pages drawn by a
process of its own (``__main__``) that may use only so much memory and time.
"""
