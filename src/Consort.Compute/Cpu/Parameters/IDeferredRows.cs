namespace Consort.Compute.Cpu.Parameters;

/// <summary>What knows which rows of a table are behind the steps that were made, and makes up for it.</summary>
/// <typeparam name="T">The element.</typeparam>
internal interface IDeferredRows<T>
{
    /// <summary>
    /// Whether a row comes to the same bits however its missed steps are divided; else only what happens at the same step of every run may
    /// bring it up to date.
    /// </summary>
    bool IsDivisible { get; }

    /// <summary>Brings the rows up to date that the latest batch touches.</summary>
    void CatchUpTouched();

    /// <summary>Brings every row of every table up to date that the same optimizer trains.</summary>
    void CatchUpAll();

    /// <summary>Copies numbers of the table as they would be if all rows were up to date, and leaves the rows as they are.</summary>
    void Read(long start, Span<T> target);
}
