using System.Security.Cryptography;
using System.Text;
using Consort.AspNetCore.Listening;
using Consort.AspNetCore.Options;
using Consort.Foundation.Files;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Requests;

/// <summary>What a request must show.</summary>
internal enum Access
{
    /// <summary>Nothing: health, the page, the OpenAPI document.</summary>
    Open,

    /// <summary>A key, if there are any.</summary>
    Score,

    /// <summary>One of the keys that may change what is served.</summary>
    Admin,
}

/// <summary>
/// Keys read from files, one a line; lines that begin with # are none. Only their hashes are kept, and a key is compared with all of them
/// in constant time.
/// </summary>
internal sealed class ApiKeys
{
    private const int LeastLength = 16;
    private const int MostBytes = 1 << 20;
    private const string Bearer = "Bearer ";
    private readonly byte[][]? _score;
    private readonly byte[][]? _admin;

    /// <exception cref="ConsortException">A file cannot be read, is empty or no text, or holds a short key.</exception>
    public ApiKeys(ConsortOptions options) =>
        (_score, _admin) = (Read(options.ApiKeyFile, "api key file"), Read(options.AdminKeyFile, "admin key file"));

    /// <summary>Checks what a request shows.</summary>
    /// <exception cref="RequestException">401: no key, or none of those known. 403: changes over the wire are not allowed.</exception>
    public void Check(IHeaderDictionary headers, Access access)
    {
        if (access == Access.Open || (access == Access.Score && _score is null))
            return;
        if (access == Access.Admin && _admin is null)
            throw new RequestException(403,
                "what is served is not changed over the wire; start the server with --admin-key-file to allow it");
        var given = Given(headers);
        if (given.Length == 0)
            throw new RequestException(401, "found no key, expected a header Authorization: Bearer KEY or X-Api-Key: KEY");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(given));
        var isAdmin = Contains(_admin, hash);
        if (!isAdmin && (access == Access.Admin || !Contains(_score, hash)))
            throw new RequestException(401, "found a key that is not one of those known");
    }

    /// <summary>Tells clients apart that were let in: by their keys, where there are any, or else by their addresses.</summary>
    public object ClientOf(HttpContext context) => _score is null
        ? Connections.ClientOf(context.Connection.RemoteIpAddress)
        : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Given(context.Request.Headers))));

    private static string Given(IHeaderDictionary headers)
    {
        string given = headers["X-Api-Key"].ToString(), authorization = headers.Authorization.ToString();
        return given.Length == 0 && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim() : given;
    }

    private static bool Contains(byte[][]? keys, byte[] hash)
    {
        var found = false;
        foreach (var key in keys ?? [])
            found |= CryptographicOperations.FixedTimeEquals(key, hash);
        return found;
    }

    private static byte[][]? Read(string? file, string what)
    {
        if (file is null)
            return null;
        var lines = PatientFile.ReadLines(file, MostBytes, $"{what} {file}");
        var keys = new List<byte[]>();
        for (var line = 0; line < lines.Length; line++)
        {
            var key = lines[line].Trim();
            if (key.Length == 0 || key[0] == '#')
                continue;
            // The key itself is not shown.
            if (key.Any(c => char.IsControl(c) || c == '\uFFFD'))
                throw new ConsortException($"{file}:{line + 1}: found bytes that are no text, expected a key of text a line");
            if (key.Length < LeastLength)
                throw new ConsortException($"{file}:{line + 1}: found a key of {key.Length} characters, expected at least {LeastLength}");
            keys.Add(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        }

        return keys.Count > 0 ? [.. keys] : throw new ConsortException($"{file}: found no key, expected one a line");
    }
}
