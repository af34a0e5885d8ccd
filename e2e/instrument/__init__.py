"""What the browser suite measures with: the offline guard, recordings, pictures, accessibility, stacks."""
