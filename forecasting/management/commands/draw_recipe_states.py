"""`manage.py draw_recipe_states`: the states of a recipe, who acts in each, and where each deed leads."""

from typing import Any

from django.core.management.base import BaseCommand

from forecasting.core.recipe_states import drawn


class Command(BaseCommand):
    """Drawn from the table that the code obeys, so it cannot say anything else."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the diagram."""
        self.stdout.write(drawn())
