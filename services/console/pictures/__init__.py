"""Pictures as inline SVG, each with its sentence and its table. Pure: values in, markup out.

Positions across are percentages and heights are pixels, so that a picture is as wide as there is room
and nothing in it is stretched or scaled. Colours are classes (static/pictures.css); what they tell is
told by patterns, shapes and words too.
"""
