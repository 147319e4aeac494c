"""One fitted classifier, asked by many at once."""

import hashlib
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline

from skhcr import CNN, CNNClassifier, ImageLoader

N_CALLS, N_THREADS = 10_000, 8


@pytest.fixture(scope="module")
def fitted(digits):
    network = CNN(filters=(4,), dense=(), dropout=0.0)
    return CNNClassifier(network, epochs=2, batch_size=16, random_state=0).fit(*digits)


def fingerprint(estimator):
    return hashlib.sha256(pickle.dumps(estimator)).hexdigest()


def test_threads_share_one(fitted, digits):
    images, _ = digits
    expected = fitted.predict_proba(images)
    rng = np.random.default_rng(0)
    starts = rng.integers(0, len(images) - 40, N_CALLS)
    lengths = np.where(rng.random(N_CALLS) < 0.01, 40, rng.integers(1, 4, N_CALLS))
    before = fingerprint(fitted)

    def is_right(call):
        rows = slice(starts[call], starts[call] + lengths[call])
        if call % 2:
            labels = fitted.classes_[expected[rows].argmax(axis=1)]
            return bool((fitted.predict(images[rows]) == labels).all())
        return np.allclose(fitted.predict_proba(images[rows]), expected[rows], rtol=0, atol=1e-6)

    with ThreadPoolExecutor(N_THREADS) as pool:
        assert all(pool.map(is_right, range(N_CALLS)))
    assert fingerprint(fitted) == before


def test_threads_predict_while_other_networks_are_made(fitted, digits):
    images, labels = digits
    expected = fitted.predict_proba(images[:3])
    is_over = threading.Event()

    def ask():
        answers = [fitted.predict_proba(images[:3])]
        while not is_over.is_set():
            answers.append(fitted.predict_proba(images[:3]))
        return answers

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(ask) for _ in range(2)]
        try:
            for n_filters in (5, 6, 7):
                network = CNN(filters=(n_filters,), dense=(), dropout=0.0)
                CNNClassifier(network, epochs=1, random_state=0).fit(images, labels)
        finally:
            is_over.set()
        for future in futures:
            np.testing.assert_allclose(
                future.result(), [expected] * len(future.result()), atol=1e-6
            )


def test_threads_share_a_pipeline_of_files(fitted, digits, digit_files):
    files, _ = digit_files
    pipeline = make_pipeline(ImageLoader(8), fitted)
    expected = pipeline.predict(files)
    with ThreadPoolExecutor(N_THREADS) as pool:
        for start, labels in pool.map(
            lambda i: (i, pipeline.predict(files[i : i + 2])), range(200)
        ):
            np.testing.assert_array_equal(labels, expected[start : start + 2])


def test_processes_get_copies(fitted, digits):
    images, _ = digits
    parts = np.array_split(images, 4)
    answers = Parallel(n_jobs=2)(delayed(fitted.predict_proba)(part) for part in parts)
    np.testing.assert_allclose(np.concatenate(answers), fitted.predict_proba(images), atol=1e-6)
