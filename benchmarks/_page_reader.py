"""A process that reads pages with a version of skhcr of its own."""

import os
import pickle
import subprocess
import sys


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
        """Return the label of a page and its probability."""
        return self._ask("read", page)

    def finds_ink(self, page):
        """Return whether anything is left of a page in what the network sees."""
        return self._ask("finds_ink", page)

    def _ask(self, question, page):
        pickle.dump((question, page), self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)


def _main(path):
    from skhcr import load_exported

    model = load_exported(path)
    while True:
        try:
            question, page = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        if question == "read":
            (probabilities,) = model.predict_proba([page])
            best = probabilities.argmax()
            answer = str(model.classes_[best]), float(probabilities[best])
        else:
            answer = bool(model.transform([page]).max() > 0)
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
