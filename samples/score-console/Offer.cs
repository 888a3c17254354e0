using Consort.Serving;

namespace ScoreConsole;

/// <summary>What is known of an impression before it is shown; properties are matched to the model's fields by name.</summary>
/// <param name="City">Null where it is not known.</param>
/// <param name="Device">Likewise.</param>
/// <param name="Campaign">An id, as text.</param>
/// <param name="Price">Null where there is none.</param>
/// <param name="When">As the training rows have it: YYMMDDHH.</param>
public sealed record Offer(string? City, string? Device, string? Campaign, double? Price, [property: ImpressionField("time")] string? When);
