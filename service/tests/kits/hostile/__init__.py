"""Attacks on the running service: forged tokens, framing tricks, odd bodies, hostile links, and what sends them."""
