import pytest
import tensorflow as tf

from skhcr._keras import use_one_gpu


@pytest.fixture
def machine(monkeypatch):
    """A machine with two GPUs, and what was asked of TensorFlow there."""
    asked = {"gpus": ["GPU:0", "GPU:1"], "visible": [], "growing": []}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: asked["gpus"])
    monkeypatch.setattr(
        tf.config, "set_visible_devices", lambda gpu, kind: asked["visible"].append(gpu)
    )
    monkeypatch.setattr(
        tf.config.experimental,
        "set_memory_growth",
        lambda gpu, on: asked["growing"].append((gpu, on)),
    )
    return asked


def test_gpus_are_dealt_in_turn(machine):
    for index in range(3):
        use_one_gpu(index)
    assert machine["visible"] == ["GPU:0", "GPU:1", "GPU:0"]
    assert machine["growing"] == [("GPU:0", True), ("GPU:1", True), ("GPU:0", True)]


def test_without_a_gpu_nothing_is_done(machine):
    machine["gpus"] = []
    use_one_gpu(0)
    assert not machine["visible"]


def test_gpus_in_use_are_not_changed(machine, monkeypatch):
    def in_use(gpu, kind):
        raise RuntimeError("Visible devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "set_visible_devices", in_use)
    use_one_gpu(0)
    assert not machine["growing"]
