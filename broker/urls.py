"""Every URL of the house."""

urlpatterns = []
