from django.http import HttpResponse


def customers(request): return HttpResponse("")
def suggestions(request): return HttpResponse("")
