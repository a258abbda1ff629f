/** Host of the console by partition (AWS General Reference, "AWS Management Console" and its China and GovCloud pages). */
const HOSTS: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/**
 * Returns the page of a service in the ECS console; undefined in a partition whose console is not known, and for an ARN
 * of the old form, which does not name the cluster.
 */
export const consoleLink = (serviceArn: string): string | undefined => {
  const [, partition = '', , region = '', , resource = ''] = serviceArn.split(':');
  const [kind, cluster, service, ...more] = resource.split('/');
  const host = Object.hasOwn(HOSTS, partition) ? HOSTS[partition] : undefined;
  if (host === undefined || kind !== 'service' || !cluster || !service || more.length > 0) return undefined;
  if (!/^[a-z0-9-]+$/.test(region)) return undefined;
  const path = `ecs/v2/clusters/${encodeURIComponent(cluster)}/services/${encodeURIComponent(service)}/health`;
  return `https://${region}.${host}/${path}?region=${region}`;
};
