import fc from 'fast-check';
import { encodeValue, formBody, signatureOf, stringToSign } from '../../../reconciler/cloudstack/client/signature';

// The vectors of `cloudstack.md` 1.4; the third is from CloudStack's own developer guide.
const apiKey = 'TESTAPIKEY-0123456789_abcdefABCDEF';
const secretKey = 'TestSecretKey-9876543210_zyxwvuZYXWVU';

describe('signing', () => {
  test('a plain command is signed as the server does', () => {
    const parameters = { command: 'listZones', response: 'json', apiKey };

    expect(stringToSign(parameters)).toBe('apikey=testapikey-0123456789_abcdefabcdef&command=listzones&response=json');
    expect(signatureOf(parameters, secretKey)).toBe('YKdmtWaiaSSDKQdpAJogNjHrdHQ=');
  });

  test('special characters, map names and expiry are signed as the server does', () => {
    const parameters = {
      command: 'deployVirtualMachine',
      response: 'json',
      apiKey,
      signatureversion: '3',
      expires: '2030-01-02T03:04:05+0000',
      zoneid: '1c2f0d2e-8a55-4b53-9f0b-0a6f3c6d1a11',
      serviceofferingid: '2d3f0d2e-8a55-4b53-9f0b-0a6f3c6d1a12',
      templateid: '3e4f0d2e-8a55-4b53-9f0b-0a6f3c6d1a13',
      name: 'md-0-x7k2p',
      displayname: "Node A + B * C~(D)!'é",
      networkids: '4f5f0d2e-8a55-4b53-9f0b-0a6f3c6d1a14,5a6f0d2e-8a55-4b53-9f0b-0a6f3c6d1a15',
      'details[0].cpuNumber': '4',
      userdata: 'I2Nsb3VkLWNvbmZpZwo+/w==',
    };

    expect(signatureOf(parameters, secretKey)).toBe('WAOxh+swmseO33iEIWm+js6Q7Bc=');
  });

  test("the example of CloudStack's developer guide", () => {
    const parameters = {
      command: 'listUsers',
      response: 'json',
      apikey: 'plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg',
    };
    const secret = 'VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ';

    expect(signatureOf(parameters, secret)).toBe('TTpdDq/7j/J58XCRHomKoQXEQds=');
  });

  test('what is encoded is decoded to the same text, and holds only harmless characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(decodeURIComponent(encodeValue(value))).toBe(value);
        expect(encodeValue(value)).toMatch(/^[A-Za-z0-9%._*-]*$/);
      }),
    );
  });

  test('a form body survives the server decoding it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\[\d\]\.[a-zA-Z]{1,5})?$/), fc.string()),
        (parameters) => {
          expect(Object.fromEntries(new URLSearchParams(formBody(parameters)))).toEqual({ ...parameters });
        },
      ),
    );
  });
});
