"""Pictures as inline SVG, each with the table it shows."""
