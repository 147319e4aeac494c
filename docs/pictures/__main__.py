"""Draws the pictures of the README and the guides: python docs/pictures [NAME ...].

Without names, it draws all of them. They show real letters, so SKHCR_DATA_HOME must contain the
data sets (skhcr datasets fetch); pictures of web pages need Chromium, and html-page also
SKHCR_ONNXRUNTIME_WEB, a folder in which npm install onnxruntime-web was run.
"""

import sys

import badges
import data
import diagrams
import documents
import motion
import reading
import training

PICTURES = {
    "badges": badges.write,
    "pages-to-labels": reading.pages_to_labels,
    "probabilities": reading.probabilities,
    "unknown": reading.unknown,
    "data-sets": data.data_sets,
    "augmentation": data.augmentation,
    "files": diagrams.files,
    "networks": training.networks,
    "one-writer": training.writer,
    "seeds": training.seeds,
    "features": training.features,
    "command-line": documents.command_line,
    "serving": documents.serving,
    "report": documents.report,
    "html-page": documents.html_page,
    "pipeline": documents.pipeline,
    "quickstart": documents.quickstart,
    "web-page": motion.web_page,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()
        print(name, flush=True)
