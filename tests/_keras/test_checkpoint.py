"""Fits that are killed or interrupted, and go on."""

import errno
import gc
import json
import os
import pickle
import shutil
import signal
import weakref
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skhcr import CNN, ImageAugmenter

NETWORK = CNN(filters=(4,), dense=(8,), dropout=0.3)
N_BATCHES = 4  # of 50 rows


class Interrupt(keras.callbacks.Callback):
    """Presses Ctrl-C after so many batches."""

    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def pipeline(tiny, **params):
    params = {"model": NETWORK, "epochs": 5, "batch_size": 50, **params}
    return make_pipeline(ImageAugmenter(random_state=3), tiny(**params))


def interrupted(tiny, rows, *batches, **params):
    for n in batches:
        with pytest.raises(KeyboardInterrupt):
            pipeline(tiny, callbacks=[Interrupt(n)], **params).fit(*rows)


def assert_same(one, other):
    for a, b in zip(one[-1].model_.get_weights(), other[-1].model_.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one[-1].history_ == other[-1].history_


@pytest.fixture(scope="module")
def rows(digits):
    images, labels = digits
    return images[:200], labels[:200]


@pytest.fixture(scope="module")
def unbroken(tiny, rows):
    return pipeline(tiny).fit(*rows)


@pytest.fixture(scope="module")
def interrupted_once(tiny, rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("interrupted")
    interrupted(tiny, rows, N_BATCHES + 1, checkpoint_folder=folder)
    return folder


@pytest.fixture
def checkpoint(interrupted_once, tmp_path):
    """Return the file that a fit, interrupted in its second epoch, has left in this folder."""
    (file,) = interrupted_once.iterdir()
    return Path(shutil.copy(file, tmp_path))


@pytest.mark.parametrize(
    ("params", "batches"),
    [
        ({}, (2, N_BATCHES + 1, N_BATCHES)),
        (
            {"early_stopping": True, "patience": 1, "learning_rate": 0.05, "calibrate": True},
            (N_BATCHES + 1, N_BATCHES),
        ),
        (
            {"schedule": "plateau", "optimizer": "sgd", "learning_rate": 0.5},
            (N_BATCHES + 1, N_BATCHES),
        ),
        ({"mixed_precision": "float16"}, (N_BATCHES + 1, N_BATCHES)),
    ],
    ids=["onecycle", "early stopping", "plateau", "16 bits"],
)
def test_arrives_where_an_unbroken_fit_does(tiny, rows, tmp_path, params, batches):
    unbroken = pipeline(tiny, **params).fit(*rows)
    interrupted(tiny, rows, *batches, checkpoint_folder=tmp_path, **params)
    assert len(list(tmp_path.iterdir())) == 1
    resumed = pipeline(tiny, checkpoint_folder=tmp_path, **params).fit(*rows)
    assert_same(unbroken, resumed)
    assert resumed[-1].temperature_ == unbroken[-1].temperature_
    assert not list(tmp_path.iterdir())


def test_a_complete_fit_resumes_without_another_epoch(tiny, rows, tmp_path, monkeypatch):
    params = {"early_stopping": True, "patience": 1, "learning_rate": 0.3, "calibrate": True}
    unbroken = pipeline(tiny, **params).fit(*rows)
    with monkeypatch.context() as patch:
        patch.setattr("skhcr.classifier.best_temperature", interrupt)
        interrupted(tiny, rows, 1000, checkpoint_folder=tmp_path, **params)
    resumed = pipeline(tiny, checkpoint_folder=tmp_path, callbacks=[Interrupt(1)], **params).fit(
        *rows
    )
    assert_same(unbroken, resumed)


def interrupt(*args):
    raise KeyboardInterrupt


def test_every_fit_has_its_own(tiny, rows, tmp_path, monkeypatch):
    def broken_off(*args, checkpoint, **kwargs):
        checkpoint._path.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("skhcr._keras.TrainedNetwork.train", broken_off)
    images, labels = rows
    changed = images.copy()
    changed[0, 0] = 9
    for i, (params, X) in enumerate(
        [
            ({}, images),
            ({"random_state": 1}, images),
            ({"learning_rate": 1e-4}, images),
            ({"label_smoothing": 0.0}, images),
            ({"epochs": 4}, images),
            ({"batch_size": 40}, images),
            ({"early_stopping": True}, images),
            ({"model": CNN(filters=(4,), dense=(8,), dropout=0.2)}, images),
            ({}, changed),
        ]
    ):
        with pytest.raises(KeyboardInterrupt):
            pipeline(tiny, checkpoint_folder=tmp_path, **params).fit(X, labels)
        assert len(list(tmp_path.iterdir())) == i + 1


def test_a_killed_cross_validation_resumes_in_its_fold(tiny, rows, tmp_path):
    estimator = pipeline(tiny, epochs=2, checkpoint_folder=tmp_path)
    unbroken = cross_val_score(pipeline(tiny, epochs=2), *rows, cv=2)
    begun = pipeline(tiny, epochs=2, checkpoint_folder=tmp_path, callbacks=[Interrupt(3)])
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(begun, *rows, cv=2, error_score="raise")
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(cross_val_score(estimator, *rows, cv=2), unbroken)


def test_a_warm_start_resumes(tiny, rows, tmp_path):
    def fitted(**second):
        first = tiny(model=NETWORK, epochs=2, batch_size=50, warm_start=True).fit(*rows)
        return first.set_params(epochs=3, **second)

    unbroken = fitted().fit(*rows)
    broken = fitted(checkpoint_folder=tmp_path, callbacks=[Interrupt(N_BATCHES + 2)])
    with pytest.raises(KeyboardInterrupt):
        broken.fit(*rows)
    assert_same([unbroken], [fitted(checkpoint_folder=tmp_path).fit(*rows)])


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)])
def test_needs_a_seed_by_which_a_fit_is_known_again(tiny, rows, tmp_path, seed):
    with pytest.raises(ValueError, match="checkpoint_folder needs random_state to be an int"):
        pipeline(tiny, checkpoint_folder=tmp_path, random_state=seed).fit(*rows)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:500],
        lambda data: b"no zip at all",
        lambda data: data[:-10],
        lambda data: data.replace(b"fit.npy", b"fat.npy"),
    ],
)
def test_a_damaged_one_is_named(tiny, rows, tmp_path, checkpoint, damage):
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    with pytest.raises(OSError, match=r"damaged .* Delete it to train from scratch") as raised:
        pipeline(tiny, checkpoint_folder=tmp_path).fit(*rows)
    assert str(checkpoint) in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda meta, arrays: meta.pop("callbacks"),
        lambda meta, arrays: meta.update(epochs_done="x"),
        lambda meta, arrays: meta.update(history={"loss": 3}),
        lambda meta, arrays: arrays.pop("variable 0"),
        lambda meta, arrays: arrays.update({"variable 0": np.zeros((3, 3, 3))}),
    ],
)
def test_one_of_another_hand_is_named(tiny, rows, tmp_path, checkpoint, change):
    with np.load(checkpoint) as data:
        arrays = dict(data)
    meta = json.loads(arrays["fit"].item())
    change(meta, arrays)
    np.savez(checkpoint, **arrays | {"fit": np.array(json.dumps(meta))})
    with pytest.raises(OSError, match=r"damaged .* Delete it to train from scratch"):
        pipeline(tiny, checkpoint_folder=tmp_path).fit(*rows)


def test_a_full_disk_does_not_end_the_training(tiny, rows, unbroken, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("numpy.savez", full)
    with pytest.warns(UserWarning, match="not saved: .*No space left"):
        broken = pipeline(tiny, checkpoint_folder=tmp_path).fit(*rows)
    assert_same(broken, unbroken)
    assert not list(tmp_path.iterdir())


def test_one_that_cannot_be_deleted_does_not_cost_the_fit(tiny, rows, unbroken, tmp_path):
    folder = tmp_path / "checkpoints"

    class Gone(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                shutil.rmtree(folder)
                folder.touch()

    with pytest.warns(UserWarning, match="not saved|not needed") as caught:
        fitted = pipeline(tiny, checkpoint_folder=folder, callbacks=[Gone]).fit(*rows)
    assert "not needed any more, but: " in str(caught[-1].message)
    assert_same(fitted, unbroken)


def test_an_interrupt_while_it_is_read_leaves_it(tiny, rows, tmp_path, checkpoint, monkeypatch):
    def some(model):
        yield from model.variables[:3]
        raise KeyboardInterrupt

    monkeypatch.setattr("skhcr._keras._checkpoint.variables_of", some)
    with pytest.raises(KeyboardInterrupt):
        pipeline(tiny, checkpoint_folder=tmp_path, on_interrupt="keep").fit(*rows)
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_a_folder_that_cannot_be_made_is_an_error_before_training(tiny, rows, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        pipeline(tiny, checkpoint_folder=tmp_path / "file" / "folder").fit(*rows)


PROGRAM = """
    import os, pickle, signal
    import keras

    pipeline, images, labels = pickle.loads(job)

    def die(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    class Death(keras.callbacks.Callback):
        batches = 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1
            if self.batches == 6:
                die()

    if point == "in an epoch":
        pipeline[-1].callbacks = [Death]
    else:
        replace, written = os.replace, []

        def replace_or_die(*names):
            written.append(names)
            die() if len(written) == 2 else replace(*names)

        os.replace = replace_or_die
    pipeline.fit(images, labels)
"""


def test_resumes_after_kill_9(tiny, rows, unbroken, tmp_path, run_in_new_process):
    folder = tmp_path / "checkpoints"
    job = pickle.dumps((pipeline(tiny, checkpoint_folder=folder), *rows))
    for epochs_done, point in enumerate(["in an epoch", "while a checkpoint is written"], 1):
        assert run_in_new_process(PROGRAM, job=job, point=point) == -signal.SIGKILL
        (file,) = folder.glob("[!.]*.npz")
        with np.load(file) as state:
            assert json.loads(state["fit"].item())["epochs_done"] == epochs_done
    assert_same(unbroken, pipeline(tiny, checkpoint_folder=folder).fit(*rows))


class InterruptAtOnce(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        raise KeyboardInterrupt


def test_an_interrupt_before_resuming_keeps_the_checkpoint(tiny, rows, tmp_path, checkpoint):
    params = {"checkpoint_folder": tmp_path, "on_interrupt": "keep"}
    with pytest.raises(KeyboardInterrupt):
        pipeline(tiny, **params, callbacks=[InterruptAtOnce]).fit(*rows)
    assert list(tmp_path.iterdir()) == [checkpoint]
    with pytest.warns(UserWarning, match="after 1 of 5 epochs"):
        pipeline(tiny, **params, callbacks=[Interrupt(1)]).fit(*rows)
    assert list(tmp_path.iterdir()) == []


def test_a_fit_that_diverges_is_not_gone_on_with(tiny, rows, tmp_path):
    diverging = pipeline(tiny, learning_rate=1e30, optimizer="sgd", checkpoint_folder=tmp_path)
    with pytest.raises(ValueError, match="diverged"):
        diverging.fit(*rows)
    assert not list(tmp_path.iterdir())


def test_no_feed_keeps_the_images(tiny, rows):
    images, labels = rows[0].copy(), rows[1]
    held = weakref.ref(images)
    tiny(model=NETWORK, epochs=1).fit(images, labels)
    del images
    gc.collect()
    assert held() is None


@pytest.mark.parametrize("params", [{}, {"early_stopping": True, "patience": 5}])
def test_an_interrupt_can_keep_the_trained_weights(tiny, rows, params):
    kept = pipeline(tiny, on_interrupt="keep", callbacks=[Interrupt(2 * N_BATCHES + 2)], **params)
    with pytest.warns(UserWarning, match="interrupted after 2 of 5 epochs"):
        kept.fit(*rows)
    assert kept[-1].n_iter_ == 2
    assert {len(values) for values in kept[-1].history_.values()} == {2}
    assert kept.predict_proba(rows[0]).shape == (200, 5)


def test_an_interrupt_keeps_the_best_weights(tiny, rows):
    params = {"early_stopping": True, "patience": 5, "learning_rate": 0.3, "schedule": "constant"}
    kept = pipeline(tiny, on_interrupt="keep", callbacks=[Interrupt(4 * N_BATCHES - 1)], **params)
    with pytest.warns(UserWarning, match="interrupted"):
        kept.fit(*rows)
    losses = kept[-1].history_["val_loss"]
    best = pipeline(tiny, **{**params, "epochs": int(np.argmin(losses)) + 1}).fit(*rows)
    np.testing.assert_array_equal(kept.predict_proba(rows[0]), best.predict_proba(rows[0]))


def test_an_interrupt_keeps_the_means_of_weights(tiny, rows):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    params = {"schedule": "constant"}
    optimizers = [keras.optimizers.AdamW(use_ema=True, ema_momentum=0.9) for _ in range(2)]
    kept = pipeline(tiny, **params, optimizer=optimizers[0], on_interrupt="keep", callbacks=[Stop])
    with pytest.warns(UserWarning, match="after 2 of 5"):
        kept.fit(*rows)
    whole = pipeline(tiny, **params, optimizer=optimizers[1], epochs=2).fit(*rows)
    np.testing.assert_array_equal(kept.predict_proba(rows[0]), whole.predict_proba(rows[0]))


def test_an_interrupt_counts_epochs_that_log_less(tiny, rows):
    class EverySecond(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch % 2:
                logs["more"] = 0.5

    callbacks = [EverySecond(), Interrupt(4 * N_BATCHES + 2)]
    with pytest.warns(UserWarning, match="after 4 of 5"):
        kept = pipeline(tiny, on_interrupt="keep", callbacks=callbacks).fit(*rows)
    assert kept[-1].n_iter_ == 4
    assert kept[-1].history_["more"] == [0.5, 0.5]


def test_an_interrupt_while_it_calibrates_keeps_the_network(tiny, rows, monkeypatch):
    params = {"early_stopping": True, "patience": 5}
    monkeypatch.setattr("skhcr.classifier.best_temperature", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pipeline(tiny, calibrate=True, **params).fit(*rows)
    with pytest.warns(UserWarning, match="without calibration"):
        kept = pipeline(tiny, calibrate=True, on_interrupt="keep", **params).fit(*rows)
    assert_same(kept, pipeline(tiny, **params).fit(*rows))
    assert kept[-1].temperature_ == 1


def test_an_interrupt_before_the_first_epoch_keeps_nothing(tiny, rows):
    with pytest.raises(KeyboardInterrupt):
        pipeline(tiny, on_interrupt="keep", callbacks=[Interrupt(1)]).fit(*rows)


def test_an_interrupt_leaves_the_estimator_unchanged(tiny, rows):
    fitted = pipeline(tiny).fit(*rows)
    before = fitted.predict_proba(rows[0])
    fitted[-1].set_params(callbacks=[Interrupt(N_BATCHES + 2)])
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(*rows)
    np.testing.assert_array_equal(fitted.predict_proba(rows[0]), before)
