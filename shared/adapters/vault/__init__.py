"""Where raw extracts and archives are kept."""
