namespace Consort.Foundation.Options;

/// <summary>
/// The catalogues by which a file's names are resolved: those that come along, but for those that a program puts in their place, with
/// models, strategies, schedules or optimizers of its own, or with more sources of rows.
/// </summary>
public sealed class Catalogues
{
    private readonly IReadOnlyList<object> _own;

    private Catalogues(IReadOnlyList<object> own) => _own = own;

    /// <summary>Those that come along.</summary>
    public static Catalogues Default { get; } = new([]);

    /// <summary>These, with another one of its kind in place.</summary>
    public Catalogues With<T>(T own)
        where T : class => new([own, .. _own.Where(o => o is not T)]);

    /// <summary>The one of a kind.</summary>
    /// <param name="usual">What comes along.</param>
    public T Of<T>(T usual)
        where T : class => _own.OfType<T>().FirstOrDefault() ?? usual;
}
