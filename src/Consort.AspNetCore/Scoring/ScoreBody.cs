using System.Text.Json;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Scoring;

/// <summary>The parts of a request to score or to explain, by their places in the body.</summary>
internal readonly record struct ScoreBody(JsonPlace Rows, JsonPlace Fields, JsonPlace Context, JsonPlace Candidates, JsonPlace Row,
    JsonPlace Ids)
{
    private static readonly string[] Keys = ["rows", "fields", "context", "candidates", "row", "ids"];

    /// <summary>Reads the whole body once, so that nothing is scored of one that is malformed further on.</summary>
    /// <exception cref="RequestException">400: no object, no text, an unknown key, a key given twice.</exception>
    /// <exception cref="JsonException">No JSON, or too deep.</exception>
    public static ScoreBody Read(ReadOnlySpan<byte> json, Limits limits)
    {
        Span<JsonPlace> places = stackalloc JsonPlace[6];
        places.Clear();
        JsonParts.FindAll(json, Keys, places, "an object with rows, or with context and candidates", limits);
        return new ScoreBody(places[0], places[1], places[2], places[3], places[4], places[5]);
    }
}
