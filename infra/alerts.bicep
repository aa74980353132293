// What somebody must be told of: what the service logs as an error, and what of the database and the share runs out.
param base string
param location string
param tags object
param logsId string
param databaseId string
param isBurstable bool
param storageId string
param shareGb int
@description('Empty: nobody gets a mail.')
param email string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${base}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'liveresponse'
    enabled: true
    emailReceivers: [
      {
        name: 'mail'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

var lines = 'ContainerAppConsoleLogs | where ContainerAppName == "${base}" | extend line = parse_json(Log)'

var rules = [
  {
    name: 'bypass'
    text: 'Live response ran past the approvals: look at the sign-ins of the bot\'s identity and at what ran on the device.'
    severity: 0
    query: '${lines} | where line.msg startswith "A live response of this identity in Defender has no entry"'
  }
  {
    name: 'errors'
    text: 'The service logged an error, such as news that was given up, a full disk or a database that is gone: docs/operations.md says what to do.'
    severity: 2
    query: '${lines} | where toint(line.level) >= 50'
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${base}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.text
      severity: rule.severity
      enabled: true
      scopes: [logsId]
      evaluationFrequency: 'PT5M'
      // Longer than it is apart: a line that arrives late is seen by the next look.
      windowSize: 'PT15M'
      autoMitigate: true
      // The table is there once the first line has arrived.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

// The database stops writing at 95 % of its disk. DATABASE_STORAGE_GB in env/.env.<name>, then atk provision, makes it larger.
var measures = concat(
  [
    {
      name: 'disk'
      scope: databaseId
      space: 'Microsoft.DBforPostgreSQL/flexibleServers'
      metric: 'storage_percent'
      operator: 'GreaterThan'
      threshold: 75
    }
    {
      name: 'connections'
      scope: databaseId
      space: 'Microsoft.DBforPostgreSQL/flexibleServers'
      metric: 'active_connections'
      operator: 'GreaterThan'
      threshold: 300
    }
    {
      name: 'share'
      scope: '${storageId}/fileServices/default'
      space: 'Microsoft.Storage/storageAccounts/fileServices'
      metric: 'FileCapacity'
      operator: 'GreaterThan'
      threshold: shareGb * 805306368
    }
  ],
  isBurstable
    ? [
        {
          name: 'credits'
          scope: databaseId
          space: 'Microsoft.DBforPostgreSQL/flexibleServers'
          metric: 'cpu_credits_remaining'
          operator: 'LessThan'
          threshold: 30
        }
      ]
    : []
)

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for measure in measures: {
    name: '${base}-${measure.name}'
    location: 'global'
    tags: tags
    properties: {
      severity: 2
      enabled: true
      scopes: [measure.scope]
      evaluationFrequency: 'PT15M'
      // FileCapacity is told once an hour.
      windowSize: measure.name == 'share' ? 'PT1H' : 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: measure.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: measure.space
            metricName: measure.metric
            operator: measure.operator
            threshold: measure.threshold
            timeAggregation: 'Average'
          }
        ]
      }
      actions: empty(email) ? [] : [{ actionGroupId: people.id }]
    }
  }
]
