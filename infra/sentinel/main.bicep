// For a workspace with Microsoft Sentinel: a table for the exported audit (docs/audit.md), the rule by which lines get into it, three analytics
// rules and a workbook. Stands by itself; deploy it to the resource group of the workspace:
// az deployment group create --resource-group <group> --template-file infra/sentinel/main.bicep --parameters workspaceName=<name>
targetScope = 'resourceGroup'

@description('A Log Analytics workspace of this resource group in which Sentinel is switched on.')
param workspaceName string

@description('The region of the workspace.')
param location string = resourceGroup().location

@description('How long the audit is kept there.')
@minValue(30)
@maxValue(730)
param retentionDays int = 365

@description('On every resource that takes tags.')
param tags object = { app: 'live-response-for-teams' }

// The fields of one exported line; `time` becomes TimeGenerated.
var columns = [
  { name: 'schema', type: 'string' }
  { name: 'seq', type: 'long' }
  { name: 'at', type: 'long' }
  { name: 'requestId', type: 'string' }
  { name: 'actor', type: 'string' }
  { name: 'what', type: 'string' }
  { name: 'detail', type: 'dynamic' }
  { name: 'salt', type: 'string' }
  { name: 'previousHash', type: 'string' }
  { name: 'hash', type: 'string' }
]

var device = {
  entityType: 'Host'
  fieldMappings: [{ identifier: 'HostName', columnName: 'device' }]
}
var person = {
  entityType: 'Account'
  fieldMappings: [{ identifier: 'AadUserId', columnName: 'actor' }]
}

var rules = [
  {
    name: 'bypass'
    displayName: 'Live response ran past the approvals'
    description: 'Defender lists a live response by the identity of the bot that no request of the bot accounts for: look at the sign-ins of its app, renew its credentials, and look at what ran on the device.'
    severity: 'High'
    query: loadTextContent('bypass.kql')
    tactics: ['Execution', 'PrivilegeEscalation']
    frequency: 'PT1H'
    period: 'P3D'
    entities: [device]
  }
  {
    name: 'break-glass'
    displayName: 'Live response by break-glass'
    description: 'One approval was enough for this request. Two people who had no part in it must review it.'
    severity: 'Medium'
    query: loadTextContent('break-glass.kql')
    tactics: ['Execution']
    frequency: 'PT1H'
    period: 'P3D'
    entities: [person]
  }
  {
    name: 'chain'
    displayName: 'The audit of live response has a gap or was changed'
    description: 'An entry is missing or does not follow from the one before it. Verify a copy of the database (npm run audit -- verify) with the newest anchor.'
    severity: 'High'
    query: loadTextContent('chain.kql')
    tactics: ['DefenseEvasion']
    // Both sides of a gap must be seen.
    frequency: 'P1D'
    period: 'P14D'
    entities: []
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource table 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = {
  parent: workspace
  name: 'LiveResponseAudit_CL'
  properties: {
    retentionInDays: retentionDays
    schema: {
      name: 'LiveResponseAudit_CL'
      columns: concat([{ name: 'TimeGenerated', type: 'datetime' }], columns)
    }
  }
}

// Lines go to the ingestion endpoint of this rule; who sends them needs the role Monitoring Metrics Publisher on it.
resource ingestion 'Microsoft.Insights/dataCollectionRules@2024-03-11' = {
  name: 'live-response-audit'
  location: location
  tags: tags
  kind: 'Direct'
  properties: {
    streamDeclarations: {
      'Custom-LiveResponseAudit': {
        columns: concat([{ name: 'time', type: 'datetime' }], columns)
      }
    }
    destinations: {
      logAnalytics: [{ name: 'workspace', workspaceResourceId: workspace.id }]
    }
    dataFlows: [
      {
        streams: ['Custom-LiveResponseAudit']
        destinations: ['workspace']
        transformKql: 'source | project-rename TimeGenerated = [\'time\']'
        outputStream: 'Custom-LiveResponseAudit_CL'
      }
    ]
  }
  dependsOn: [table]
}

resource analytics 'Microsoft.SecurityInsights/alertRules@2025-06-01' = [
  for rule in rules: {
    scope: workspace
    name: guid(workspace.id, 'live-response', rule.name)
    kind: 'Scheduled'
    properties: {
      displayName: rule.displayName
      description: rule.description
      severity: rule.severity
      enabled: true
      query: rule.query
      // What arrives late keeps its own time for two days, and a rule sees no further than its period, whatever its query says. Each query looks at
      // what has arrived since it last ran, so that nothing is told twice. With two days or more a rule may not run more often than once an hour.
      queryFrequency: rule.frequency
      queryPeriod: rule.period
      triggerOperator: 'GreaterThan'
      triggerThreshold: 0
      suppressionEnabled: false
      suppressionDuration: 'PT5H'
      tactics: rule.tactics
      entityMappings: rule.entities
      eventGroupingSettings: { aggregationKind: 'AlertPerResult' }
      incidentConfiguration: { createIncident: true }
    }
    dependsOn: [table]
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'live-response-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Live Response for Teams'
    category: 'sentinel'
    sourceId: workspace.id
    serializedData: loadTextContent('workbook.json')
  }
  dependsOn: [table]
}

output ingestionEndpoint string = ingestion.properties.endpoints.logsIngestion
output ingestionRuleId string = ingestion.properties.immutableId
