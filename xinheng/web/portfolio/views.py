from django.http import HttpResponse


def portfolio(request): return HttpResponse("")
def open_items(request): return HttpResponse("")
