from pathlib import Path

from skhcr.datasets import get_data_home


def test_the_argument_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("SKHCR_DATA_HOME", "/elsewhere")
    assert get_data_home(tmp_path) == tmp_path
    assert get_data_home(str(tmp_path)) == tmp_path


def test_then_the_environment_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("SKHCR_DATA_HOME", str(tmp_path / "data"))
    assert get_data_home() == tmp_path / "data"


def test_then_a_folder_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("SKHCR_DATA_HOME", raising=False)
    assert get_data_home() == tmp_path / "skhcr_data"
    monkeypatch.setenv("SKHCR_DATA_HOME", "")
    assert get_data_home() == tmp_path / "skhcr_data"


def test_the_home_folder_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert get_data_home("~/x") == tmp_path / "x"
    monkeypatch.setenv("SKHCR_DATA_HOME", "~/y")
    assert get_data_home() == tmp_path / "y"


def test_asking_creates_nothing(tmp_path):
    folder = get_data_home(tmp_path / "new")
    assert isinstance(folder, Path)
    assert not folder.exists()
