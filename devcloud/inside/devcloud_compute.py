"""Runs inside Octavia: a compute driver that starts no server, while the ports of the amphorae are real.

Octavia's own no-op driver invents port ids, on which the real network driver fails.  This one says that the
port is attached already, so that Octavia goes on with Neutron's.
"""

from novaclient import exceptions
from octavia.common import clients, constants, data_models
from octavia.compute.drivers.noop_driver import driver


def _network():
    return clients.NeutronAuth.get_neutron_client().network


class PortsOnly(driver.NoopComputeDriver):
    def attach_network_or_port(self, compute_id, network_id=None, ip_address=None, port_id=None):
        """What Nova would do to the port: Octavia finds the networks of an amphora by device_id."""
        _network().update_port(port_id, device_id=compute_id, device_owner="compute:nova")
        raise exceptions.Conflict(409, f"port {port_id} is in use as it should be")

    def detach_port(self, compute_id, port_id):
        _network().update_port(port_id, device_id="", device_owner="")

    def delete(self, compute_id):
        """Frees the ports: Octavia waits 300 s for that otherwise."""
        for port in _network().ports(device_id=compute_id):
            self.detach_port(compute_id, port.id)

    def get_amphora(self, compute_id, management_network_id=None):
        amphora = data_models.Amphora(
            compute_id=compute_id, status=constants.ACTIVE, lb_network_ip="192.0.2.1"
        )
        return amphora, None
