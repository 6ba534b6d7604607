"""What runs behind the walls, and the walls themselves. Knows no Django, no database, no key, no settings.

`nursery` is the warm process that children are forked from, `child` what one child does, `walls` what it
may not, `wire` how its result is told and why it is not believed. Who asks is `genomics.intake.sandbox`.
"""
