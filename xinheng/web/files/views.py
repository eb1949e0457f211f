"""The credit file's views."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from xinheng.customers.models import Customer


def credit_file(request: HttpRequest, code: str) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    return render(request, "files/file.html", {"customer": customer})


items = timeline = movements = credit_file
