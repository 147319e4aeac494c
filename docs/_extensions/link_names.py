"""Links from names of public objects to the reference.

In a guide, the code ``ImageLoader(size=32)`` becomes a link, at its first place in a section. The
sources stay plain Markdown. In a docstring, ``skhcr.ImageLoader`` links to the page of
``skhcr.images.ImageLoader``.
"""

import re
from collections import defaultdict

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

# The name of an object or of a class and its method, perhaps after a module, perhaps with a call.
CODE = re.compile(r"(?:skhcr\.(?:[a-z_]+\.)?)?(?P<name>\w+(?:\.\w+)?)(?:\(.*\))?", re.DOTALL)
NOT_LINKED = (nodes.title, nodes.reference, addnodes.pending_xref, addnodes.desc_signature)


def documented_objects(env):
    """Return the full names of the documented objects, by short names that only one of them has."""
    full_names = defaultdict(set)
    for full_name, entry in env.domains.python_domain.objects.items():
        parts = full_name.split(".")
        n_parts = 2 if entry.objtype in {"method", "property", "attribute"} else 1
        if entry.objtype != "module" and not entry.aliased:  # such as skhcr.networks._cnn.CNN
            full_names[".".join(parts[-n_parts:])].add(full_name)
    return {name: found.pop() for name, found in full_names.items() if len(found) == 1}


def link(env, builder, docname, full_name, content):
    """Return a reference to the page of an object."""
    entry = env.domains.python_domain.objects[full_name]
    return make_refnode(builder, docname, entry.docname, entry.node_id, content, full_name)


def link_docstring(app, env, node, content):
    """Resolve a reference to the short path of an object, such as skhcr.ImageLoader."""
    path = node.get("reftarget", "").split(".")
    full_name = documented_objects(env).get(path[-1])
    if path[:-1] in ([], ["skhcr"]) and full_name:
        return link(env, app.builder, node["refdoc"], full_name, content)
    return None


class LinkCode(SphinxPostTransform):
    """Link inline code that is the name of an object."""

    default_priority = 5

    def run(self, **kwargs):
        """Link each object once in each section."""
        objects = documented_objects(self.env)
        linked = set()
        for code in list(self.document.findall(nodes.literal)):
            match = CODE.fullmatch(code.astext())
            full_name = match and objects.get(match["name"])
            parents = list(_parents(code))
            section = next((node for node in parents if isinstance(node, nodes.section)), None)
            place = (id(section), full_name)
            if (
                full_name is None
                or place in linked
                or self.env.docname == f"api/{full_name}"
                or any(isinstance(node, NOT_LINKED) for node in parents)
            ):
                continue
            linked.add(place)
            content = code.deepcopy()
            code.replace_self(
                link(self.env, self.app.builder, self.env.docname, full_name, content)
            )


def _parents(node):
    while (node := node.parent) is not None:
        yield node


def setup(app):
    """Let Sphinx call what is above."""
    app.add_post_transform(LinkCode)
    app.connect("missing-reference", link_docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
