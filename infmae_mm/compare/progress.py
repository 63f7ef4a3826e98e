"""How far the cells of a comparison are."""

from datetime import timedelta

from .cells import Cell


class Progress:
    """How far all cells are, and how long the rest takes."""

    def __init__(self, cells: list[Cell], rehearsals: dict) -> None:
        self.cells = cells
        self.rehearsals = rehearsals
        self.iterations = {
            name: found['iterations'] for name, found in rehearsals.items()
        }

    def seconds_per_iteration(self, cell: Cell) -> float | None:
        """Of runs of the same row, else of its rehearsal."""
        for other in self.cells:
            if other.name == cell.name and (result := other.result):
                count = self.iterations.get(cell.name)
                return result['seconds'] / count if count else None
        found = self.rehearsals.get(cell.name)
        return found and found['step_seconds']

    def left(self, running: Cell | None = None, done: int = 0) -> str:
        """The time that is left, as text."""
        total = 0.0
        for cell in self.cells:
            if cell.result is not None:
                continue
            rate = self.seconds_per_iteration(cell)
            if rate is None:
                return 'time left unknown'
            count = self.iterations[cell.name]
            total += rate * (count - (done if cell is running else 0))
        return f'about {timedelta(seconds=round(total))} left'
