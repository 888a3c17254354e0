using System.Text.Json;
using Consort.AspNetCore.Options;

namespace Consort.AspNetCore.Requests;

/// <summary>What a request may ask for at most.</summary>
internal sealed record Limits(int Body, int Rows, int Value, int Depth, TimeSpan Timeout)
{
    public Limits(ConsortOptions options)
        : this(options.MaxBodyBytes, options.MaxRows, options.MaxValueBytes, options.MaxDepth, options.Timeout)
    {
    }

    public JsonReaderOptions Json => new() { MaxDepth = Depth };

    /// <summary>Refuses more rows than allowed.</summary>
    /// <exception cref="RequestException">413.</exception>
    public void CheckRows(long rows)
    {
        if (rows > Rows)
            throw new RequestException(413, $"found more than {Rows} impressions in a request, expected at most that");
    }
}
