// One network: the apps, the database and the private addresses of vault and file share. Nothing in it is reached from outside but the apps.
param base string
param location string
param tags object
@description('At least a /20; it must not overlap a network that this one is to be peered with.')
param range string

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: '${base}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [range] }
  }
}

// Each for itself and not in a list of the network's: a list would remove every other subnet, with its rules, at the next deployment.
resource apps 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' = {
  parent: network
  name: 'apps'
  properties: {
    addressPrefix: cidrSubnet(range, 23, 0)
    delegations: [
      {
        name: 'apps'
        properties: { serviceName: 'Microsoft.App/environments' }
      }
    ]
  }
}

resource database 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' = {
  parent: network
  name: 'database'
  properties: {
    addressPrefix: cidrSubnet(range, 28, 32)
    delegations: [
      {
        name: 'database'
        properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' }
      }
    ]
  }
  // Azure changes one subnet of a network at a time.
  dependsOn: [apps]
}

resource endpoints 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' = {
  parent: network
  name: 'endpoints'
  properties: { addressPrefix: cidrSubnet(range, 28, 33) }
  dependsOn: [database]
}

// By cloud: learn.microsoft.com/azure/private-link/private-endpoint-dns
var zoneNames = [
  '${base}.private.postgres.database.${environment().name == 'AzureUSGovernment' ? 'usgovcloudapi.net' : 'azure.com'}'
  'privatelink.file.${environment().suffixes.storage}'
  'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, i) in zoneNames: {
    parent: zones[i]
    name: 'network'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

output appSubnetId string = apps.id
output databaseSubnetId string = database.id
output endpointSubnetId string = endpoints.id
output databaseZoneId string = zones[0].id
output fileZoneId string = zones[1].id
output vaultZoneId string = zones[2].id
