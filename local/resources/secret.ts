import { randomInt } from 'node:crypto';
import { arn, object, physicalName, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'Name');

export const secret: ResourceType = {
  type: 'AWS::SecretsManager::Secret',
  // An ARN without its six random characters: the secret is found by it as well.
  ref: (resource, place) => arn(place, 'secretsmanager', `secret:${nameOf(resource, place)}`),
  attributes: { Id: (resource, place) => arn(place, 'secretsmanager', `secret:${nameOf(resource, place)}`) },
  add: (resource, place, desired) => {
    const { SecretString, GenerateSecretString, Description } = resource.properties;
    desired.secrets.push({
      name: nameOf(resource, place),
      ...(typeof Description === 'string' && { description: Description }),
      value: () => {
        if (typeof SecretString === 'string') return SecretString;
        return GenerateSecretString === undefined ? undefined : generate(object(GenerateSecretString));
      },
    });
  },
};

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
function generate(options: Readonly<Record<string, unknown>>): string {
  const excluded = typeof options['ExcludeCharacters'] === 'string' ? options['ExcludeCharacters'] : '';
  const sets = [
    options['ExcludeLowercase'] === true ? '' : LOWERCASE,
    options['ExcludeUppercase'] === true ? '' : LOWERCASE.toUpperCase(),
    options['ExcludeNumbers'] === true ? '' : '0123456789',
    options['ExcludePunctuation'] === true ? '' : PUNCTUATION,
    options['IncludeSpace'] === true ? ' ' : '',
  ];
  const letters = [...sets.join('')].filter((letter) => !excluded.includes(letter));
  const length = Number(options['PasswordLength'] ?? 32);
  const password = Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
  const { SecretStringTemplate: template, GenerateStringKey: key } = options;
  if (typeof template !== 'string' || typeof key !== 'string') return password;
  return JSON.stringify({ ...(JSON.parse(template) as Record<string, unknown>), [key]: password });
}
