"""A process that classifies pages with a given version of skhcr."""

import io
import os
import pickle
import subprocess
import sys
import warnings
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reading:
    """The result of a model for a page.

    Attributes
    ----------
    answer : str or None
        The most probable label; None if the page was refused with an error.
    probability : float
        Its probability.
    says_blank, says_several : bool
        Whether a user is told that there is no character, or more than one.
    """

    answer: str | None
    probability: float
    says_blank: bool
    says_several: bool


class PageReader:
    """An exported model as its users have it, run by the skhcr in a folder.

    Parameters
    ----------
    folder : path
        A checkout of skhcr, of any version.
    model : path
        An exported model.
    """

    def __init__(self, folder, model):
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(model)],  # -P: nothing is imported from beside it
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def read(self, page):
        """Return the model's result for a page, an array or the bytes of a file."""
        return Reading(*self._ask("read", page))

    def see(self, page):
        """Return a page as the network sees it, an array; None where it is refused."""
        return self._ask("see", page)

    def _ask(self, question, page):
        pickle.dump((question, page), self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)


def _main(path):
    from skhcr import load_exported

    # Answers are the only thing in this pipe.
    answers, sys.stdout = sys.stdout.buffer, io.StringIO()
    model = load_exported(path)
    while True:
        try:
            question, page = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        page = io.BytesIO(page) if isinstance(page, bytes) else page
        pickle.dump((_read if question == "read" else _see)(model, page), answers)
        answers.flush()


def _read(model, page):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            (probabilities,) = model.predict_proba([page])
        except Exception:  # of any version's classes
            return None, 0.0, True, True
    best = int(np.argmax(probabilities))
    texts = " ".join(str(warning.message) for warning in told)
    return (
        str(model.classes_[best]),
        float(probabilities[best]),
        len(getattr(model, "blank_", ())) > 0 or "blank" in texts,
        len(getattr(model, "several_", ())) > 0 or "several" in texts,
    )


def _see(model, page):
    try:
        return np.asarray(model.transform([page])[0, :, :, 0]).astype(np.uint8)
    except Exception:
        return None


if __name__ == "__main__":
    _main(*sys.argv[1:])
