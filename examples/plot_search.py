"""
Inspecting a search
===================

A search over the filters and the training recipe of a small network, on scikit-learn's digits.
After a few complete trials, unpromising ones are pruned after one or two of the three folds.
"""

import matplotlib.pyplot as plt
from optuna.distributions import FloatDistribution, IntDistribution

from skhcr import CNN, CNNClassifier
from skhcr.datasets import load_digit_images
from skhcr.inspection import SearchDisplay
from skhcr.model_selection import OptunaSearchCV

X, y = load_digit_images(return_X_y=True)
X, y = X[:600], y[:600]

search = OptunaSearchCV(
    CNNClassifier(epochs=10, batch_size=32, random_state=0),
    {
        "model": [CNN(dense=(), padding="same")],
        "model__filters": [(8,), (16,), (8, 16), (16, 32)],
        "learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
        "batch_size": IntDistribution(16, 64, step=16),
    },
    n_trials=20,
    cv=3,
    random_state=0,
    verbose=1,
).fit(X, y)

print(f"Best score {search.best_score_:.1%} with")
for name, value in search.best_params_.items():
    print(f"  {name} = {value}")

# %%
# Every dot is a trial that was completed, every cross one that was given up after its first fold or
# its second.

SearchDisplay.from_estimator(search)
plt.show()

# %%
# The importance of the parameters, and their good values. Later trials are darker: the search
# concentrates on regions with good earlier trials.

SearchDisplay.from_estimator(search, kind="importances")
SearchDisplay.from_estimator(search, kind="slices")
plt.show()
