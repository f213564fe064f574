/** Resource types that this host knows and does not run, and what stands in for each of them here. */
export const inert: ReadonlyMap<string, string> = new Map([
  ['AWS::ApiGateway::Account', 'there is no CloudWatch to write to'],
  ['AWS::ApiGateway::BasePathMapping', 'this host stands for the domain too'],
  ['AWS::ApiGateway::DomainName', 'this host stands for the domain too; it speaks HTTP'],
  ['AWS::ApiGateway::Deployment', 'the methods of the template are served as they are'],
  ['AWS::ApiGateway::RequestValidator', 'a path parameter is there whenever its path matches'],
  ['AWS::ApiGateway::UsagePlan', 'the stage throttles alone'],
  ['AWS::CDK::Metadata', 'nothing to run'],
  ['AWS::Chatbot::SlackChannelConfiguration', 'alarms are lines of the console'],
  ['AWS::CloudWatch::Dashboard', 'the command line shows the same: `alarms`, `stats`'],
  ['AWS::Lambda::Permission', 'the gateway and the schedules may call every function'],
  ['AWS::Logs::QueryDefinition', 'logs are files in the data folder'],
  ['AWS::SNS::Subscription', 'nobody is notified'],
  ['AWS::SNS::Topic', 'nobody is notified'],
  ['AWS::SNS::TopicPolicy', 'nobody is notified'],
  ['AWS::WAFv2::LoggingConfiguration', 'refusals are lines of the console'],
]);
