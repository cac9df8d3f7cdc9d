"""A Kubernetes cluster: the Secrets that tasks mount are made there."""

from __future__ import annotations

import os

from mlpc.codes import MISSING_SECRET, NO_CLUSTER

from .errors import SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TIMEOUT = (10, 30)
_LABELS = {"app.kubernetes.io/managed-by": "mlpc"}


class Cluster:
    """The cluster that `KUBECONFIG` or the pod names; Secrets are those of ``namespace``."""

    def __init__(self, namespace: str) -> None:
        """Find the cluster; nothing is asked yet.

        Raises:
            SubmitError: nothing says which one, or its client is not installed.
        """
        try:
            import kubernetes
        except ImportError:
            raise SubmitError(
                NO_CLUSTER, "the client of Kubernetes is not installed", 'pip install "mlpc[kubeflow]"'
            ) from None
        self.namespace = namespace
        configuration = kubernetes.client.Configuration()
        in_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
        load = kubernetes.config.load_incluster_config if in_pod else kubernetes.config.load_kube_config
        try:
            load(client_configuration=configuration)
        except (kubernetes.config.ConfigException, OSError, ValueError, TypeError, KeyError) as error:
            raise SubmitError(
                NO_CLUSTER,
                f"no cluster can be asked: {_line(error)}",
                "let KUBECONFIG name a file with a cluster in it",
            ) from None
        self._kubernetes = kubernetes
        self._core: Any = kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(configuration))

    def write(self, name: str, key: str, value: bytes) -> None:
        """Make the Secret ``name``, or replace it.

        Raises:
            SubmitError: the cluster does not answer, or does not let this user.
        """
        from base64 import b64encode

        wanted = self._kubernetes.client.V1Secret(
            api_version="v1",
            kind="Secret",
            metadata=self._kubernetes.client.V1ObjectMeta(
                name=name, namespace=self.namespace, labels=dict(_LABELS)
            ),
            type="Opaque",
            data={key: b64encode(value).decode("ascii")},
        )
        if self._asked(name, self._core.create_namespaced_secret, self.namespace, wanted) == 409:
            self._asked(name, self._core.replace_namespaced_secret, name, self.namespace, wanted)

    def look(self, name: str, key: str) -> None:
        """See to it that somebody made the Secret ``name``.

        Raises:
            SubmitError: nobody did, or the cluster cannot be asked.
        """
        if self._asked(name, self._core.read_namespaced_secret, name, self.namespace) == 404:
            raise SubmitError(
                MISSING_SECRET,
                f"the Secret `{name}` is not in the namespace `{self.namespace}`",
                by_hand(name, key, self.namespace),
            )

    def _asked(self, name: str, function: Any, *arguments: Any) -> int:
        """Ask, and return the status."""
        import urllib3

        try:
            function(*arguments, _request_timeout=_TIMEOUT)
        except self._kubernetes.client.ApiException as error:
            if error.status in (404, 409):
                return int(error.status)
            # What the server says of a request may hold the request.
            reason = f"{error.status} {error.reason or ''}".strip()
            raise SubmitError(
                NO_CLUSTER,
                f"the cluster does not take the Secret `{name}` into the namespace `{self.namespace}`: {reason}",
                "KFP_NAMESPACE names another namespace",
            ) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SubmitError(NO_CLUSTER, f"the cluster does not answer: {_line(error)}") from None
        return 200


def by_hand(name: str, key: str, namespace: str) -> str:
    """Return the line with which a person makes a Secret."""
    return f"kubectl create secret generic {name} --namespace {namespace} --from-file={key}=FILE"


def _line(error: Exception) -> str:
    lines = str(getattr(error, "reason", None) or error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
