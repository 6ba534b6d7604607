"""Numbers as people write them where they live: 1,204 in English, 1.204 in Indonesian.

What lives here: one filter for text. What does not: numbers in attributes and drawings, which machines read.
"""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(value: object) -> object:
    """1204 -> "1,204"; what is not a number ("about 40") stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return number_format(value, use_l10n=True, force_grouping=True)
