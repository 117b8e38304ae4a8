"""A lifecycle on its clock: laid out as spans, and drawn as SVG. May import what stands beside it in its room."""
