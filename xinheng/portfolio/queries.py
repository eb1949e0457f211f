"""The portfolio's reads by name: the book (book.py) and what a credit manager looks at first
(overview.py). This room has no tables of its own.
"""

from xinheng.portfolio.book import Book, book
from xinheng.portfolio.overview import (
    Concentration,
    Exposure,
    GradeShare,
    NewlyOverdue,
    TopCustomer,
    Week,
    ageing_of,
    concentration,
    currencies,
    exposure_totals,
    rating_mix,
    top_customers,
    week_changes,
)

__all__ = [
    "Book",
    "Concentration",
    "Exposure",
    "GradeShare",
    "NewlyOverdue",
    "TopCustomer",
    "Week",
    "ageing_of",
    "book",
    "concentration",
    "currencies",
    "exposure_totals",
    "rating_mix",
    "top_customers",
    "week_changes",
]
